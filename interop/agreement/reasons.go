package agreement

// Reasons are the differences that stay.
var Reasons = []Reason{}
