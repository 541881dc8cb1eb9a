#include <rondeau/crypto/password.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/runtime/metrics.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/task.h>
#include <rondeau/task/yield_now.h>

using namespace rondeau;
using crypto::check_password;
using crypto::hash_password;
using crypto::ScryptCost;

namespace {

// Cheap, so that tests are quick.
constexpr ScryptCost kCheap{.log_n = 4, .r = 1, .p = 1};

template <class T>
concept Prints = requires(std::ostringstream& out, const T& value) { out << value; };

template <class T>
T run(Task<T> task) {
  auto runtime = runtime::Builder::current_thread().build();
  return runtime.value().block_on(std::move(task));
}

}  // namespace

TEST_CASE("crypto: a password is what was hashed, whatever bytes it has") {
  for (const std::string& password : {std::string(), std::string("correct horse"), std::string("a\0b", 3),
                                     std::string(1024, 'x'), std::string("\xff\xfe")}) {
    const std::string hash = hash_password(password, kCheap);
    CHECK(hash.starts_with("$scrypt$ln=4,r=1,p=1$"));
    CHECK(check_password(password, hash));
    CHECK_FALSE(check_password(password + "x", hash));
    CHECK_FALSE(check_password("other", hash));
    CHECK(hash_password(password, kCheap) != hash);
  }
}

TEST_CASE("crypto: scrypt gives the key of RFC 7914 §12") {
  // The first half of its 64 bytes.
  const std::string known = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI";
  CHECK(check_password("pleaseletmein", known));
  CHECK_FALSE(check_password("pleaseletmeout", known));
}

TEST_CASE("crypto: what is no hash of ours is nobody's password") {
  const std::string good = hash_password("p", kCheap);
  REQUIRE(check_password("p", good));
  const std::string tail = good.substr(good.find('$', 8));
  for (const std::string& hash :
       {std::string(), std::string("$"), std::string("p"), good + "A", good.substr(0, good.size() - 1), good + "=",
        "$scrypt$ln=4,r=1,p=1" + tail + "$x", "$scrypt$ln=04,r=1,p=1" + tail, "$scrypt$ln=4,r=1,p=0" + tail,
        "$scrypt$ln=0,r=1,p=1" + tail, "$scrypt$ln=21,r=1,p=1" + tail, "$scrypt$ln=20,r=32,p=1" + tail,
        "$scrypt$ln=99999999999,r=1,p=1" + tail, "$scrypt$ln=4,r=33,p=1" + tail, "$scrypt$ln=4,r=1,p=17" + tail,
        "$scrypt$ln=-4,r=1,p=1" + tail, "$scrypt$r=1,ln=4,p=1" + tail, "$scrypt2$ln=4,r=1,p=1" + tail,
        std::string("$scrypt$ln=4,r=1,p=1$$"), std::string("$scrypt$ln=4,r=1,p=1")}) {
    CAPTURE(hash);
    CHECK_FALSE(check_password("p", hash));
    CHECK(crypto::needs_rehash(hash, kCheap));
  }
  CHECK_FALSE(crypto::needs_rehash(good, kCheap));
  CHECK(crypto::needs_rehash(good));
}

TEST_CASE("crypto: Passwords hashes and checks on its pool, and an unknown user has no password") {
  const Passwords passwords({.cost = kCheap});
  const auto hash = run(passwords.hash(Secret(std::string("open"))));
  REQUIRE(hash);
  CHECK(run(passwords.verify(Secret(std::string("open")), *hash)).value());
  CHECK_FALSE(run(passwords.verify(Secret(std::string("shut")), *hash)).value());
  CHECK_FALSE(run(passwords.verify(Secret(std::string("open")), std::nullopt)).value());
  CHECK_FALSE(run(passwords.verify(Secret(std::string("open")), "nonsense")).value());
  CHECK_FALSE(passwords.needs_rehash(*hash));
  CHECK(crypto::needs_rehash(*hash));
}

TEST_CASE("crypto: a secret shows itself when asked to, and in no other way") {
  static_assert(!Prints<Secret<std::string>>);
  static_assert(!std::is_convertible_v<Secret<std::string>, std::string_view>);
  Secret secret(std::string("a secret that is long enough to be on the heap"));
  CHECK(secret.reveal() == "a secret that is long enough to be on the heap");
  CHECK(secret.equals("a secret that is long enough to be on the heap"));
  CHECK_FALSE(secret.equals("another"));
  Secret copy = secret;
  Secret moved = std::move(secret);
  CHECK(copy.equals(moved.reveal()));
  CHECK(secret.empty());  // NOLINT(bugprone-use-after-move): it is wiped
  copy = Secret(std::string("short"));
  CHECK(copy.reveal() == "short");
  std::string text = "0123456789012345678901234567890123456789";
  const char* const bytes = text.data();
  crypto::wipe(text);
  CHECK(text.empty());
  CHECK(std::string_view(bytes, 8) == std::string_view("\0\0\0\0\0\0\0\0", 8));
}

TEST_CASE("crypto: no more passwords are hashed at once than told, callers who have left included") {
  const Passwords passwords({.cost = {.log_n = 10, .r = 8, .p = 1}, .at_once = 1});
  const auto runtime = runtime::Builder::current_thread().build();
  std::size_t most = 0;
  const auto looking = [&]() -> Task<void> {
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t before = runtime.value().metrics().blocking_taken_count();
      const auto begun = spawn(passwords.hash(Secret(std::string("x"))));
      while (runtime.value().metrics().blocking_taken_count() == before) co_await task::yield_now();
      begun.abort();
      auto next = spawn(passwords.hash(Secret(std::string("x"))));
      for (int turns = 0; turns < 8; ++turns) {
        most = std::max(most, runtime.value().metrics().blocking_running_count());
        co_await task::yield_now();
      }
      next.abort();
      static_cast<void>(co_await std::move(next));
      // The place is free once the call is over.
      while (runtime.value().metrics().blocking_running_count() > 0) co_await task::yield_now();
    }
    CHECK((co_await passwords.hash(Secret(std::string("open")))).has_value());
  };
  runtime.value().block_on(looking);
  CHECK(most == 1);
}
