variable "endpoint" {
  description = "Base URL of the platform's single AWS-compatible endpoint."
  type        = string
  default     = "http://127.0.0.1:4566"
}

variable "region" {
  description = "Region to work in."
  type        = string
  default     = "ap-northeast-1"
}

variable "name_prefix" {
  description = "Prefix of every name this module gives out, so that runs do not collide."
  type        = string
  default     = "acc"
}

variable "exposed" {
  description = "true: start from the dangerous key policy (anyone may use the key). false: the corrected one. Going from true to false must be one in-place update."
  type        = bool
  default     = false
}

variable "description" {
  description = "Description of the second key: changing it is an in-place update."
  type        = string
  default     = "Confidential data"
}
