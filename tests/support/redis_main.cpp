// The main of doctest programs that need a Redis server: where none is installed they are skipped.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>

#include <doctest/doctest.h>

#include "support/redis_server.h"

int main(int argc, char** argv) {
  if (!support::RedisServer::program()) {
    std::puts("redis-server is not installed");
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
