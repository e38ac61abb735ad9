output "key_arn" {
  value = aws_kms_key.secure.arn
}

output "named_key_arn" {
  value = aws_kms_key.named.arn
}

output "alias_arn" {
  value = aws_kms_alias.secure.arn
}

output "user_arn" {
  value = aws_iam_user.reader.arn
}

output "user_key" {
  value = aws_iam_access_key.reader.id
}

output "user_secret" {
  value     = aws_iam_access_key.reader.secret
  sensitive = true
}
