// What the two real-client programs share. It depends on the standard library only, so that either client library sees exactly
// the dependencies its own module asks for (bilibili's needs kratos v0.6.0 and would be lifted to v1.0.1 beside the other one:
// that is why these are several modules and not one).
module discoveryd.test/harness

go 1.24
