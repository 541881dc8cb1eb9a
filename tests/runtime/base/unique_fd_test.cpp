#include <rondeau/base/unique_fd.h>

#include <fcntl.h>

#include <doctest/doctest.h>

namespace {

using rondeau::base::UniqueFd;

int open_null() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}
bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST_CASE("base: a UniqueFd closes its descriptor once, with its last owner") {
  const int fd = open_null();
  {
    UniqueFd first(fd);
    UniqueFd second(std::move(first));
    CHECK_FALSE(first);
    CHECK(second.get() == fd);
    CHECK(is_open(fd));
  }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("base: a UniqueFd closes what it had when it takes another over") {
  const int before = open_null();
  const int after = open_null();
  UniqueFd owner(before);
  owner.reset(after);
  CHECK_FALSE(is_open(before));
  CHECK(owner.get() == after);
}

TEST_CASE("base: a released descriptor stays open") {
  UniqueFd owner(open_null());
  UniqueFd again(owner.release());
  CHECK_FALSE(owner);
  CHECK(is_open(again.get()));
}

}  // namespace
