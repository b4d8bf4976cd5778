# The lake: a private bucket, encrypted by a key of its own, and a database in the Glue catalogue.

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}
data "aws_partition" "this" {}

locals {
  bucket = var.bucket_name != "" ? var.bucket_name : "${var.name}-${data.aws_caller_identity.this.account_id}-${data.aws_region.this.region}"
  tags   = merge(var.tags, { Application = "bucketlake" })

  # What a right in the Glue catalogue is about: all that leads to the tables.
  glue      = "arn:${data.aws_partition.this.partition}:glue:${data.aws_region.this.region}:${data.aws_caller_identity.this.account_id}"
  catalogue = ["${local.glue}:catalog", "${local.glue}:database/${aws_glue_catalog_database.lake.name}", "${local.glue}:table/${aws_glue_catalog_database.lake.name}/*"]
}

resource "aws_kms_key" "lake" {
  description         = "Encrypts the lake of ${var.name}, and wraps the keyset that seals its tokens"
  enable_key_rotation = true
  tags                = local.tags
}

# Who reads the lake has to open it, too.
resource "aws_kms_grant" "readers" {
  for_each          = toset(var.readers)
  name              = "${var.name}-reader"
  key_id            = aws_kms_key.lake.key_id
  grantee_principal = each.value
  operations        = ["Decrypt"]
}

resource "aws_kms_alias" "lake" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.lake.key_id
}

resource "aws_s3_bucket" "lake" {
  bucket = local.bucket
  tags   = local.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "lake" {
  bucket                  = aws_s3_bucket.lake.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.lake.arn
    }
  }
}

# Objects are replaced whole: a version that was replaced by mistake can be had back for a month.
resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  bucket     = aws_s3_bucket.lake.id
  depends_on = [aws_s3_bucket_versioning.lake]

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyTLS"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.lake.arn, "${aws_s3_bucket.lake.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Readers see the tables, and not the manifests with the cursors.
  dynamic "statement" {
    for_each = length(var.readers) > 0 ? [1] : []

    content {
      sid       = "ReadersList"
      actions   = ["s3:ListBucket", "s3:GetBucketLocation"]
      resources = [aws_s3_bucket.lake.arn]

      principals {
        type        = "AWS"
        identifiers = var.readers
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.readers) > 0 ? [1] : []

    content {
      sid       = "ReadersRead"
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.lake.arn}/*"]

      principals {
        type        = "AWS"
        identifiers = var.readers
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.readers) > 0 ? [1] : []

    content {
      sid       = "ReadersNotTheState"
      effect    = "Deny"
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.lake.arn}/_bucketlake/*"]

      principals {
        type        = "AWS"
        identifiers = var.readers
      }
    }
  }
}

resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id
  policy = data.aws_iam_policy_document.bucket.json
}

resource "aws_glue_catalog_database" "lake" {
  name        = var.glue_database
  description = "Bitbucket feature usage: tables of bucketlake"
  tags        = local.tags
}
