# The role that an agent on EC2 works by, with what its configuration needs and no more:
#
#   setpoint permissions > permissions.json
#
#   module "setpoint" {
#     source      = "…/deploy/terraform/aws"
#     name        = "setpoint-eu-west-1"
#     permissions = file("permissions.json")
#   }
#
# Run both again when the configuration changes: `terraform plan` then shows what it asks for anew.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "name" {
  description = "What the role is called."
  type        = string
}

variable "permissions" {
  description = "What `setpoint permissions` prints."
  type        = string

  validation {
    condition     = can(jsondecode(var.permissions).Statement)
    error_message = "This is no policy of AWS. With several providers, take the value of one of them."
  }
}

variable "services" {
  description = "Who may take the role on: ec2.amazonaws.com, or ecs-tasks.amazonaws.com beside a service."
  type        = list(string)
  default     = ["ec2.amazonaws.com"]
}

resource "aws_iam_role" "agent" {
  name = var.name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = var.services }
    }]
  })
}

resource "aws_iam_role_policy" "agent" {
  name   = "setpoint-permissions"
  role   = aws_iam_role.agent.id
  policy = var.permissions
}

resource "aws_iam_instance_profile" "agent" {
  name = var.name
  role = aws_iam_role.agent.name
}

output "role_arn" {
  description = "The role; `role_arn` of the provider, where the agent works by another identity."
  value       = aws_iam_role.agent.arn
}

output "instance_profile" {
  description = "For the machine on which the agent runs."
  value       = aws_iam_instance_profile.agent.name
}
