// For tests of a TestApp that mean one transport: over others they are skipped, and counted as skipped.
#pragma once

#include <doctest/doctest.h>

#include <rondeau/testing/test_options.h>

namespace support {

/// TEST_CASE("server: …" * support::OnlyInMemory("buffers of a known size"))
struct OnlyInMemory {
  explicit OnlyInMemory(const char* reason) : why(reason) {}
  void fill(doctest::detail::TestCase& test) const {
    test.m_skip = rondeau::testing::transport_of_environment() != rondeau::testing::Transport::Memory;
    test.m_description = why;
  }
  const char* why;
};

}  // namespace support
