package finventi

// Environment names one of Finventi's environments.
type Environment string

// The environments. Sandbox is the default, as on the vendor's page.
const (
	Sandbox    Environment = "sandbox"
	Production Environment = "production"
)
