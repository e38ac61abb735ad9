"""What botocore's own service models say, and requests that try it on the running program."""
