package main

// Field numbers of proto/patron/v1 that this client uses.
const (
	upsertCustomer     = 2 // UpsertCustomerRequest.customer
	getRef             = 2 // GetCustomerRequest.customer
	responseCustomer   = 1 // customer in both answers
	refExternalID      = 2 // CustomerRef.external_id
	customerExternalID = 1 // CustomerInput.external_id
	customerEmail      = 2 // CustomerInput.email
	customerFirstName  = 4 // CustomerInput.first_name
	customerID         = 1 // Customer.id
)
