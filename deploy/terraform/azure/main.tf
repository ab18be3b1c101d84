# The identity and the role that an agent on Azure works by, with what its configuration needs and
# no more:
#
#   setpoint permissions > role.json
#
#   module "setpoint" {
#     source         = "…/deploy/terraform/azure"
#     name           = "setpoint-westeurope"
#     location       = "westeurope"
#     resource_group = "operations"
#     role           = file("role.json")
#   }
#
# Run both again when the configuration changes: `terraform plan` then shows what it asks for anew.

terraform {
  required_version = ">= 1.5"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0"
    }
  }
}

variable "name" {
  description = "What the identity and the role are called."
  type        = string
}

variable "location" {
  description = "Where the identity is."
  type        = string
}

variable "resource_group" {
  description = "The resource group of the identity; not one that the agent may change."
  type        = string
}

variable "role" {
  description = "What `setpoint permissions` prints."
  type        = string

  validation {
    condition     = can(jsondecode(var.role).AssignableScopes)
    error_message = "This is no role of Azure. With several providers, take the value of one of them."
  }
}

locals {
  role = jsondecode(var.role)
}

resource "azurerm_user_assigned_identity" "agent" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group
}

resource "azurerm_role_definition" "agent" {
  name              = var.name
  scope             = local.role.AssignableScopes[0]
  assignable_scopes = local.role.AssignableScopes

  permissions {
    actions = local.role.Actions
  }
}

resource "azurerm_role_assignment" "agent" {
  for_each           = toset(local.role.AssignableScopes)
  scope              = each.value
  role_definition_id = azurerm_role_definition.agent.role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.agent.principal_id
}

output "identity_id" {
  description = "For the machine on which the agent runs."
  value       = azurerm_user_assigned_identity.agent.id
}

output "client_id" {
  description = "`client_id` of the provider, where the machine has several."
  value       = azurerm_user_assigned_identity.agent.client_id
}
