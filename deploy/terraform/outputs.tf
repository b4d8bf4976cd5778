output "lake_url" {
  description = "LAKE_URL, and the location for bucketlake tables ddl."
  value       = "s3://${aws_s3_bucket.lake.id}"
}

output "glue_database" {
  description = "The database in the Glue catalogue."
  value       = aws_glue_catalog_database.lake.name
}

output "readers_policy" {
  description = "ARN of the policy by which the roles in readers see the catalogue: attach it to them."
  value       = aws_iam_policy.readers.arn
}

output "task_definition" {
  description = "To run commands such as connect with aws ecs run-task."
  value       = aws_ecs_task_definition.this.arn
}

output "security_group" {
  description = "Of the tasks: let it into the PostgreSQL server."
  value       = aws_security_group.task.id
}
