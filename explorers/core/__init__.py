"""What all platforms share: rollouts, fleets, recording, safety, memory, masking, locating, replay."""
