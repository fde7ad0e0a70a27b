az ad app update --id "$API_ID" --set groupMembershipClaims=ApplicationGroup
