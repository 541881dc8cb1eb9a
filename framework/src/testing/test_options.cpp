#include <rondeau/testing/test_options.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>

namespace rondeau::testing {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? std::string_view(value) : std::string_view();
}

std::uint64_t drawn_seed() {
  static const std::uint64_t seed = [] {
    const std::uint64_t drawn = std::random_device()();
    std::fprintf(stderr, "TestApp: to see this run again: RONDEAU_TEST_SEED=%llu\n",
                 static_cast<unsigned long long>(drawn));
    return drawn;
  }();
  return seed;
}

}  // namespace

Transport transport_of_environment() {
  const std::string_view name = variable("RONDEAU_TEST_TRANSPORT");
  if (name.empty() || name == "memory") return Transport::Memory;
  if (name == "tcp") return Transport::Tcp;
  if (name == "unix") return Transport::Unix;
  if (name == "tls") return Transport::Tls;
  throw std::runtime_error("RONDEAU_TEST_TRANSPORT is memory, tcp, unix or tls, not " + std::string(name));
}

std::optional<std::uint64_t> seed_of_environment() {
  const std::string_view text = variable("RONDEAU_TEST_SEED");
  if (text.empty()) return std::nullopt;
  if (text == "random") return drawn_seed();
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("RONDEAU_TEST_SEED is a whole number or \"random\", not " + std::string(text));
  }
  return seed;
}

}  // namespace rondeau::testing
