// The main of doctest programs that need a Redis server: where none is installed they are skipped.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/missing_server.h"
#include "support/redis_server.h"

int main(int argc, char** argv) {
  if (!support::RedisServer::program()) return support::missing_server("redis-server");
  return doctest::Context(argc, argv).run();
}
