// What all programs of tests/etcd share. It depends on the standard library only, so that every client library sees exactly
// the dependencies its own module asks for (their grpc versions differ, from 1.38 to 1.78: that is why these are several modules).
module discoveryd.test/etcd/harness

go 1.24
