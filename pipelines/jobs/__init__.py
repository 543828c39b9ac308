"""The four jobs as thin Beam graphs: file names, bucket numbers and small keys move; rows and pixels do not."""
