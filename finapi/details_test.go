package finapi

import (
	"errors"
	"testing"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

func TestDetailsOf(t *testing.T) {
	all := Details{MandatorName: "M", MandatorUUID: "U", IsTestMandator: true, IsTechnicalUser: false}
	for name, tt := range map[string]struct {
		members map[string]any
		want    Details
		bad     bool
	}{
		"strings":         {map[string]any{"mandator_name": "M", "mandator_uuid": "U", "is_test_mandator": "true", "is_technical_user": "false"}, all, false},
		"booleans":        {map[string]any{"mandator_name": "M", "mandator_uuid": "U", "is_test_mandator": true, "is_technical_user": false}, all, false},
		"capitals":        {map[string]any{"mandator_name": "M", "mandator_uuid": "U", "is_test_mandator": "True", "is_technical_user": "FALSE"}, all, false},
		"flags absent":    {map[string]any{"mandator_name": "M"}, Details{MandatorName: "M"}, false},
		"unknown members": {map[string]any{"mandator_name": "M", "x": []any{1}}, Details{MandatorName: "M"}, false},
		"none":            {map[string]any{"scope": "x"}, Details{}, true},
		"nothing at all":  {nil, Details{}, true},
		"maybe":           {map[string]any{"is_test_mandator": "maybe"}, Details{}, true},
		"a number":        {map[string]any{"is_technical_user": 1.0}, Details{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			token := &oauth2.Token{AccessToken: "a"}
			if tt.members != nil {
				token = token.WithExtra(tt.members)
			}
			got, err := DetailsOf(token)
			if got != tt.want || (err != nil) != tt.bad || (tt.bad && !errors.Is(err, auth.ErrMalformedResponse)) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if _, err := DetailsOf(nil); !errors.Is(err, auth.ErrMalformedResponse) {
		t.Errorf("no token: %v", err)
	}
}
