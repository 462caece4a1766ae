module github.com/finsdk/finsdk-go/interop

go 1.25.0

replace github.com/finsdk/finsdk-go => ../

require github.com/golang-jwt/jwt/v5 v5.3.1
