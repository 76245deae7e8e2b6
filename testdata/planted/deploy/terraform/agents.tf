data "aws_iam_policy_document" "bedrock" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["bedrock.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "triage_agent" {
  name               = "desk-triage-agent"
  assume_role_policy = data.aws_iam_policy_document.bedrock.json
}

resource "aws_iam_role_policy_attachment" "triage_agent" {
  role       = aws_iam_role.triage_agent.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_role" "refunds_agent" {
  name               = "desk-refunds-agent"
  assume_role_policy = data.aws_iam_policy_document.bedrock.json
}

resource "aws_iam_role_policy" "refunds_agent" {
  name = "orders"
  role = aws_iam_role.refunds_agent.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:*", "dynamodb:*"]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role" "research_agent" {
  name               = "desk-research-agent"
  assume_role_policy = data.aws_iam_policy_document.bedrock.json
}

resource "aws_iam_role_policy" "research_agent" {
  name = "manuals"
  role = aws_iam_role.research_agent.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = "arn:aws:s3:::northwind-manuals/*"
    }]
  })
}
