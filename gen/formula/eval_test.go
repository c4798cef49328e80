package formula

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampleEnv() Env {
	return Env{
		"msg": {
			"clID": "ClientX", "type": "full", "period": int64(10), "share": int64(7), "services": []any{"a", "b"},
			"via": []any{map[string]any{"host": "h", "port": int64(5060)}}, "raw": []byte("123456789"), "sure": true,
			"open": map[string]any{"n": int64(4)},
		},
		"var":    {"tries": int64(2), "names": []any{"x", "y"}},
		"result": {"code": int64(2501)},
		"config": {"maxTries": int64(5)},
		"error":  {"text": "boom"},
	}
}

func TestEval(t *testing.T) {
	_, s := sample()
	for text, want := range map[string]any{
		`var.tries + 1 >= config.maxTries`:    false,
		`result.code / 100 % 10 == 5`:         true,
		`closes(result.code)`:                 true,
		`closes(code.authError)`:              false,
		`msg.clID in config.codecs`:           false,
		`"json" in config.codecs`:             true,
		`in(msg.type, "delta", "full")`:       true,
		`has(msg.newPW)`:                      false,
		`has(msg.services) && has(var.names)`: true,
		`has(msg.reach)`:                      false,
		`msg.newPW == ""`:                     true,
		`msg.reach.port`:                      int64(0),
		`msg.via[0].port`:                     int64(5060),
		`msg.via[1].port`:                     int64(0),
		`msg.via[-1].host`:                    "",
		`msg.open.n + 1`:                      int64(5),
		`len(msg.clID) + count(msg.services)`: int64(9),
		`min(config.idle, 4s)`:                4 * time.Second,
		`2 * config.idle - 1m`:                19 * time.Minute,
		`cond(link.reliable, 5s, 0)`:          time.Duration(0),
		`cond(msg.sure, "y", "n")`:            "y",
		`lower("ABCÄ")`:                       "abcÄ",
		`hasPrefix(msg.clID, "Cli")`:          true,
		`match("[A-Za-z]+", msg.clID)`:        true,
		`match("[a-z]", msg.clID)`:            false,
		`crc32(msg.raw)`:                      int64(0xcbf43926),
		`all(msg.via, it.port > 0)`:           true,
		`any(msg.services, it == "c")`:        false,
		`first(var.names) + last(var.names)`:  "xy",
		`init(var.names)`:                     []any{"x"},
		`rest(var.names)`:                     []any{"y"},
		`rest(rest(rest(var.names)))`:         []any{},
		`common(config.codecs, var.names)`:    []any{},
		`common(append(var.names, "json"), append(config.codecs, "x"))`: []any{"x", "json"},
		`has(link.name)`:                        false,
		`has(error.message)`:                    false,
		`append(var.names, "z")`:                []any{"x", "y", "z"},
		`pow(-2, 3)`:                            int64(-8),
		`text(msg.period) + text(msg.raw)`:      "10123456789",
		`max(3, -4, 2)`:                         int64(3),
		`-7 / 2`:                                int64(-3),
		`-7 % 2`:                                int64(-1),
		`^0`:                                    int64(-1),
		`6 &^ 2 | 1 ^ 8`:                        int64(13),
		`msg.sure == !link.reliable`:            true,
		`true || msg.clID == "never looked at"`: true,
		`error.text`:                            "boom",
		`var.clientID`:                          "",
		`msg.raw[0] == 49 && msg.raw[100] == 0`: true,
	} {
		got, err := Eval(parse(t, s, text), sampleEnv())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	_, s := sample()
	env := Env{"msg": {"clID": int64(1), "via": "x", "open": int64(3), "period": int64(1 << 62), "raw": int64(1)}}
	for _, text := range []string{
		`hasPrefix(msg.clID, "x")`, `all(msg.via, it.port > 0)`, `msg.open.n == 1`, `4 * msg.period == 0`, `crc32(msg.raw)`,
		`-msg.via[0].port > len(msg.clID)`,
	} {
		if got, err := Eval(parse(t, s, text), env); err == nil {
			t.Errorf("%s = %v, want an error", text, got)
		}
	}
}
