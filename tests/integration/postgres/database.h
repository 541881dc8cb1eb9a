// Databases of the program's server, for tests.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <utility>

#include <rondeau/postgres/database.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>

#include "server.h"

namespace integration {

/// A schema of its own, so that tests do not meet: the tables of this handle's connections are made and found there.
inline rondeau::Task<rondeau::postgres::Database> database(rondeau::postgres::Options options = {}) {
  using namespace rondeau;
  static std::atomic<int> number{0};
  const std::string schema = "test_" + std::to_string(++number);
  std::string url = server().url() + "?options=-csearch_path%3D" + schema;
  auto opened = co_await postgres::open(std::move(url), std::move(options));
  REQUIRE_MESSAGE(opened, opened.error().message());
  CHECK_OK(co_await opened->exec(sql::unchecked("create schema if not exists " + schema)));
  co_return *std::move(opened);
}

/// The value, or the test ends with the error.
template <class T, class E>
T good(rondeau::Result<T, E> result) {
  REQUIRE_MESSAGE(result, result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace integration
