# The task, and what starts it: a service, or EventBridge.

locals {
  worker = var.mode == "worker"

  settings = merge({
    LAKE_URL       = "s3://${aws_s3_bucket.lake.id}"
    GLUE_DATABASE  = aws_glue_catalog_database.lake.name
    KEYSET_KMS_URI = "aws-kms://${aws_kms_key.lake.arn}"
    AWS_REGION     = data.aws_region.this.region
    LOG_FORMAT     = "json"
    HTTP_ADDR      = "-"
    OPS_ADDR       = local.worker ? "127.0.0.1:9090" : "-"
    TMPDIR         = "/data"
  }, var.settings)

  secrets = merge({
    BITBUCKET_CLIENT_ID     = "${var.consumer_secret_arn}:BITBUCKET_CLIENT_ID::"
    BITBUCKET_CLIENT_SECRET = "${var.consumer_secret_arn}:BITBUCKET_CLIENT_SECRET::"
    STATE_URL               = var.state_url_secret_arn
  }, var.alert_url_secret_arn == "" ? {} : { ALERT_URL = var.alert_url_secret_arn })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_days
  tags              = local.tags
}

resource "aws_ecs_cluster" "this" {
  name = var.name
  tags = local.tags
}

resource "aws_security_group" "task" {
  name        = var.name
  description = "bucketlake: nothing comes in; https, and PostgreSQL, go out"
  vpc_id      = var.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.task.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "postgresql" {
  security_group_id = aws_security_group.task.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  tags                     = local.tags

  # Rows wait here for their merge. The image makes /data the directory of the user that it runs as.
  volume {
    name = "data"
  }

  container_definitions = jsonencode([merge({
    name                   = "bucketlake"
    image                  = var.image
    essential              = true
    command                = local.worker ? ["worker"] : ["sync", "--partial-ok"]
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    stopTimeout            = 90 # it lands what it has read before it ends
    linuxParameters        = { capabilities = { drop = ["ALL"] }, initProcessEnabled = false }
    mountPoints            = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]
    environment            = [for name in sort(keys(local.settings)) : { name = name, value = local.settings[name] }]
    secrets                = [for name in sort(keys(local.secrets)) : { name = name, valueFrom = local.secrets[name] }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.this.region
        awslogs-stream-prefix = "bucketlake"
      }
    }
    }, local.worker ? {
    healthCheck = { command = ["CMD", "/bucketlake", "health"], interval = 30, timeout = 5, retries = 3, startPeriod = 30 }
  } : {})])
}

resource "aws_ecs_service" "worker" {
  count                              = local.worker ? 1 : 0
  name                               = var.name
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this.arn
  launch_type                        = "FARGATE"
  desired_count                      = 1
  deployment_minimum_healthy_percent = 0 # the old task ends before the new one begins
  deployment_maximum_percent         = 100
  tags                               = local.tags

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.task.id]
    assign_public_ip = var.assign_public_ip
  }
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  count              = local.worker ? 0 : 1
  name               = "${var.name}-scheduler"
  assume_role_policy = data.aws_iam_policy_document.scheduler.json
  tags               = local.tags
}

data "aws_iam_policy_document" "start" {
  statement {
    actions   = ["ecs:RunTask"]
    resources = ["${aws_ecs_task_definition.this.arn_without_revision}:*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [aws_ecs_cluster.this.arn]
    }
  }

  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.task.arn, aws_iam_role.execution.arn]
  }
}

resource "aws_iam_role_policy" "scheduler" {
  count  = local.worker ? 0 : 1
  name   = "start"
  role   = aws_iam_role.scheduler[0].id
  policy = data.aws_iam_policy_document.start.json
}

resource "aws_scheduler_schedule" "sync" {
  count               = local.worker ? 0 : 1
  name                = var.name
  schedule_expression = var.schedule

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.scheduler[0].arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.this.arn_without_revision
      launch_type         = "FARGATE"

      network_configuration {
        subnets          = var.subnet_ids
        security_groups  = [aws_security_group.task.id]
        assign_public_ip = var.assign_public_ip
      }
    }

    retry_policy {
      maximum_retry_attempts = 0 # the schedule brings the next try
    }
  }
}
