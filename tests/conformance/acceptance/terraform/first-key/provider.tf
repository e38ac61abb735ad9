# No credentials here on purpose: they come from AWS_ACCESS_KEY_ID /
# AWS_SECRET_ACCESS_KEY or a profile, exactly as against the real service,
# and none of the provider's skip_* switches is set.
provider "aws" {
  region = var.region

  endpoints {
    iam = var.endpoint
    kms = var.endpoint
    sts = var.endpoint
  }
}
