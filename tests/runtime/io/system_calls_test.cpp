// What one operation of a socket asks of the system.
#include <limits.h>

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/buf_reader.h>

#include "runtime/net/connected.h"
#include "support/counting_driver.h"

namespace {

using namespace rondeau;
using support::Connected;

TEST_CASE("IO2: io: read_some and read_buf make one successful system call and leave the rest for the next") {
  support::CountingDriver driver;
  driver.receive_limit = 3;
  Connected pair(driver);
  REQUIRE(pair.near->try_write(support::bytes_of("0123456789")).value() == 10);
  pair.runtime.block_on([&]() -> Task<void> {
    co_await pair.far->readable();
    const int before = driver.receives;
    std::array<std::byte, 8> bytes;
    CHECK((co_await pair.far->read_some(bytes)).value() == 3);
    CHECK(driver.receives == before + 1);
    io::Buffer buffer;
    CHECK((co_await pair.far->read_buf(buffer)).value() == 3);
    CHECK(driver.receives == before + 2);
    CHECK(buffer.view() == "345");
    CHECK((co_await pair.far->read_some({})).value() == 0);
    CHECK(driver.receives == before + 2);
  });
}

TEST_CASE("IO5: io: a gathered write of more buffers than the system takes at once is cut, not refused") {
  Connected pair;
  const std::string text(IOV_MAX + 500, 'x');
  std::vector<io::ConstBuffer> buffers;
  for (const char& letter : text) buffers.emplace_back(std::string_view(&letter, 1));
  pair.runtime.block_on(
      [&]() -> Task<void> { CHECK((co_await pair.near->write_vectored(buffers)).value() == IOV_MAX); });
}

TEST_CASE("IO8: io: a BufReader over a socket makes one system call for many small reads") {
  support::CountingDriver driver;
  Connected pair(driver);
  REQUIRE(pair.near->try_write(support::bytes_of("0123456789")).value() == 10);
  pair.runtime.block_on([&]() -> Task<void> {
    co_await pair.far->readable();
    const int before = driver.receives;
    io::BufReader reader(*pair.far);
    std::array<std::byte, 2> bytes;
    for (int i = 0; i < 5; ++i) CHECK(co_await reader.read_exact(bytes));
    CHECK(driver.receives == before + 1);
  });
}

}  // namespace
