variable "name" {
  description = "Of all resources."
  type        = string
  default     = "bucketlake"
}

variable "image" {
  description = "The container image: build it from the Dockerfile and push it to a registry that ECS reaches."
  type        = string
}

variable "mode" {
  description = "worker: a service that runs all the time. sync: a task that EventBridge starts by schedule."
  type        = string
  default     = "worker"

  validation {
    condition     = contains(["worker", "sync"], var.mode)
    error_message = "Set mode to worker or sync."
  }
}

variable "schedule" {
  description = "For mode sync: when EventBridge starts it."
  type        = string
  default     = "rate(1 hour)"
}

variable "vpc_id" {
  description = "The VPC in which the tasks run."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets whose tasks reach the internet: private ones behind a NAT gateway, or public ones with assign_public_ip."
  type        = list(string)
}

variable "assign_public_ip" {
  description = "Whether tasks get a public address: needed in public subnets."
  type        = bool
  default     = false
}

variable "state_url_secret_arn" {
  description = "ARN of a secret that holds STATE_URL: postgres://USER:PASSWORD@HOST:5432/DATABASE. Tasks keep no disk, so the state needs a server."
  type        = string
}

variable "consumer_secret_arn" {
  description = "ARN of a secret with the JSON {\"BITBUCKET_CLIENT_ID\": \"\", \"BITBUCKET_CLIENT_SECRET\": \"\"}."
  type        = string
}

variable "alert_url_secret_arn" {
  description = "ARN of a secret that holds ALERT_URL; empty: nobody is told."
  type        = string
  default     = ""
}

variable "settings" {
  description = "Further settings, as environment variables."
  type        = map(string)
  default     = {}
}

variable "bucket_name" {
  description = "Name of the bucket of the lake; empty: NAME-ACCOUNT-REGION."
  type        = string
  default     = ""
}

variable "glue_database" {
  description = "Name of the database in the Glue catalogue."
  type        = string
  default     = "bucketlake"
}

variable "readers" {
  description = "ARNs of roles that may read the lake, such as those of analysts or of a BI tool."
  type        = list(string)
  default     = []
}

variable "cpu" {
  description = "CPU units of a task."
  type        = number
  default     = 512
}

variable "memory" {
  description = "Memory of a task, in MiB."
  type        = number
  default     = 1024
}

variable "log_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "tags" {
  description = "Of all resources."
  type        = map(string)
  default     = {}
}
