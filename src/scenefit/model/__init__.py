"""The compatibility model: heads on frozen features, attention over regions, one distance, the model folder."""
