"""The recommendations over HTTP: `app.create_app`; nothing else of the package knows HTTP.

request -> shield (host, origin, headers) -> key -> a free place -> body -> worker thread -> shared backbone -> answer
"""
