data "aws_caller_identity" "me" {}

data "aws_region" "here" {}

locals {
  account = data.aws_caller_identity.me.account_id

  owner_statement = {
    Sid       = "AccountAdministersThroughIam"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${local.account}:root" }
    Action    = "kms:*"
    Resource  = "*"
  }

  service_statement = {
    Sid    = "OnlyThroughStorageAndDatabase"
    Effect = "Allow"
    Principal = {
      Service = ["s3.amazonaws.com", "rds.amazonaws.com"]
    }
    Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource = "*"
    Condition = {
      StringEquals = {
        "kms:ViaService" = [
          "s3.${data.aws_region.here.name}.amazonaws.com",
          "rds.${data.aws_region.here.name}.amazonaws.com",
        ]
      }
    }
  }

  world_statement = {
    Sid       = "EveryoneInTheWorld"
    Effect    = "Allow"
    Principal = "*"
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
    Resource  = "*"
  }

  # The two key policies: what the article finds, and what it leaves behind.
  exposed_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.owner_statement, local.world_statement]
  })
  fixed_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.owner_statement, local.service_statement]
  })
}

resource "aws_kms_key" "secure" {
  description             = "Restricted to this account and two services"
  deletion_window_in_days = 30

  policy = var.exposed ? local.exposed_policy : local.fixed_policy

  tags = {
    Name        = "${var.name_prefix}-secure"
    Environment = "production"
  }
}

resource "aws_kms_alias" "secure" {
  name          = "alias/${var.name_prefix}-secure"
  target_key_id = aws_kms_key.secure.key_id
}

# --- a second key, whose policy is a resource of its own

resource "aws_kms_key" "named" {
  description             = var.description
  deletion_window_in_days = 7
}

resource "aws_kms_key_policy" "named" {
  key_id = aws_kms_key.named.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.owner_statement,
      {
        Sid       = "ThisUserNeedsNoIamPolicy"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_user.reader.arn }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]
        Resource  = "*"
      },
    ]
  })
}

# --- the user who may use the first key by an IAM policy, and the second by its key policy

resource "aws_iam_user" "reader" {
  name = "${var.name_prefix}-reader"
}

resource "aws_iam_user_policy" "use_key" {
  name = "${var.name_prefix}-use-key"
  user = aws_iam_user.reader.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
      Resource = aws_kms_key.secure.arn
    }]
  })
}

resource "aws_iam_access_key" "reader" {
  user = aws_iam_user.reader.name
}
