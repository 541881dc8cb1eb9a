#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <optional>

#include "server.h"

namespace {

constexpr int kSkipped = 77;  // as Meson has it
std::optional<support::PostgresServer> started;

}  // namespace

support::PostgresServer& integration::server() { return *started; }

int main(int argc, char** argv) {
  if (!support::PostgresServer::programs()) {
    std::puts("skipped: no PostgreSQL server is installed");
    return kSkipped;
  }
  started.emplace();
  const int failures = doctest::Context(argc, argv).run();
  started.reset();
  return failures;
}
