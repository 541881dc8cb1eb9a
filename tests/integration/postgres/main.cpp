#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <optional>

#include "server.h"
#include "support/missing_server.h"

namespace {

std::optional<support::PostgresServer> started;

}  // namespace

support::PostgresServer& integration::server() { return *started; }

int main(int argc, char** argv) {
  if (!support::PostgresServer::programs()) return support::missing_server("PostgreSQL's server");
  started.emplace();
  const int failures = doctest::Context(argc, argv).run();
  started.reset();
  return failures;
}
