module github.com/finsdk/finsdk-go/interop

go 1.25.0

replace github.com/finsdk/finsdk-go => ../
