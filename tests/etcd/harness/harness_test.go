package harness

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestOrderBeginsWithTheNodeAndHasAll(t *testing.T) {
	nodes := []string{"a", "b", "c"}
	for first, want := range []string{"[a b c]", "[b a c]", "[c a b]", "[a c b]"} {
		if got := fmt.Sprint(order(nodes, first)); got != want {
			t.Errorf("order %d: %s, not %s", first, got, want)
		}
	}
	if got := order(nodes[:1], 5); !slices.Equal(got, nodes[:1]) {
		t.Errorf("one node: %q", got)
	}
}

func TestWithinAbandonsWhatHangsAndTellsOfPanics(t *testing.T) {
	if err := within(time.Millisecond, func() error { select {} }); err == nil {
		t.Error("a hanging call is no error")
	}
	if err := within(time.Minute, func() error { panic("x") }); err == nil {
		t.Error("a panic is no error")
	}
	if err := within(time.Minute, func() error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestKnownIsASet(t *testing.T) {
	k := &Known{}
	k.Put("a", "1")
	k.Put("a", "2")
	k.Put("b", "3")
	k.Delete("b")
	if got := k.Seen(); !slices.Equal(got, []string{"2"}) {
		t.Errorf("%q", got)
	}
	k.Replace([]string{"4"})
	if got := k.Seen(); !slices.Equal(got, []string{"4"}) {
		t.Errorf("%q", got)
	}
}
