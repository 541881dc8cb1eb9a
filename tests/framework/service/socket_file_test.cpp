#include "service/socket_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/base/instant.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "support/temporary_directory.h"

using namespace rondeau;
using service::listen_on;
using service::ListeningFile;
using service::SocketFile;

namespace {

constexpr int kBacklog = 16;

runtime::Runtime paused() {
  return runtime::Builder::current_thread().start_paused().build().value();
}

struct Place {
  explicit Place(runtime::Runtime on = runtime::Builder::current_thread().build().value()) : runtime(std::move(on)) {}

  support::TemporaryDirectory folder;
  std::string path = (folder / "x.sock").native();
  SocketAddress address = SocketAddress::unix_path(path).value();
  runtime::Runtime runtime;

  bool exists() const { return std::filesystem::exists(std::filesystem::symlink_status(path)); }
  mode_t mode() const {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
  }
  template <class F>
  void run(F task) {
    runtime.block_on(std::move(task));
  }
};

/// Not listened on, as after a process that was killed.
Task<void> leave_stale(SocketAddress address) {
  ListeningFile left = (co_await listen_on(address, kBacklog, std::nullopt)).value();
  left.file->leave();
}

}  // namespace

TEST_CASE("service: the file of a socket is there as long as it is listened on, and answers") {
  Place place;
  place.run([&]() -> Task<void> {
    {
      const ListeningFile listening = (co_await listen_on(place.address, kBacklog, std::nullopt)).value();
      CHECK(place.exists());
      CHECK((co_await net::UnixStream::connect(place.address)).has_value());
    }
    CHECK_FALSE(place.exists());
  });
}

TEST_CASE("service: the mode of a socket's file is what is asked for, whatever the umask") {
  Place place;
  place.run([&]() -> Task<void> {
    for (const mode_t umask : {0U, 077U, 0777U}) {
      const mode_t before = ::umask(umask);
      for (const mode_t mode : {0600U, 0666U, 0620U}) {
        const ListeningFile listening = (co_await listen_on(place.address, kBacklog, mode)).value();
        CHECK(place.mode() == mode);
      }
      const ListeningFile plain = (co_await listen_on(place.address, kBacklog, std::nullopt)).value();
      CHECK(place.mode() == (0777 & ~umask));
      ::umask(before);
    }
    co_return;
  });
}

TEST_CASE("service: the mode is not given to what has been put in the place of a socket's file") {
  Place place;
  const std::string precious = place.folder.put("precious", "").native();
  REQUIRE(::chmod(precious.c_str(), 0640) == 0);
  place.run([&]() -> Task<void> {
    const ListeningFile listening = (co_await listen_on(place.address, kBacklog, 0600)).value();
    CHECK(listening.file->set_mode(0660).has_value());
    CHECK(place.mode() == 0660);
    std::filesystem::rename(place.path, place.path + ".old");
    CHECK(listening.file->set_mode(0606).error() == Errc::NotFound);
    for (const bool link : {true, false}) {
      std::filesystem::remove(place.path);
      if (link) std::filesystem::create_symlink(precious, place.path);
      if (!link) std::filesystem::create_hard_link(precious, place.path);
      CHECK(listening.file->set_mode(0606).error() == Errc::AddressInUse);
      struct stat found {};
      REQUIRE(::stat(precious.c_str(), &found) == 0);
      CHECK((found.st_mode & 07777) == 0640);
    }
  });
}

TEST_CASE("service: a stale socket is replaced; one that is listened on, and what is none, stays") {
  Place place;
  place.run([&]() -> Task<void> {
    co_await leave_stale(place.address);
    REQUIRE(place.exists());
    const ListeningFile listening = (co_await listen_on(place.address, kBacklog, std::nullopt)).value();
    const auto second = co_await listen_on(place.address, kBacklog, std::nullopt);
    REQUIRE_FALSE(second);
    CHECK(second.error() == Errc::AddressInUse);
    CHECK(second.error().message().find(place.path + ": somebody listens there") != std::string::npos);
    CHECK((co_await net::UnixStream::connect(place.address)).has_value());
  });
  place.folder.put("x.sock", "precious");
  place.run([&]() -> Task<void> {
    CHECK((co_await listen_on(place.address, kBacklog, std::nullopt)).error() == Errc::AddressInUse);
    CHECK(std::filesystem::file_size(place.path) == 8);
    co_return;
  });
  std::filesystem::remove(place.path);
  std::filesystem::create_symlink("elsewhere", place.path);
  place.run([&]() -> Task<void> {
    CHECK((co_await listen_on(place.address, kBacklog, std::nullopt)).error() == Errc::AddressInUse);
    CHECK(std::filesystem::is_symlink(place.path));
    co_return;
  });
}

TEST_CASE("service: a socket whose queue is full is listened on") {
  Place place;
  place.run([&]() -> Task<void> {
    const ListeningFile listening = (co_await listen_on(place.address, 0, std::nullopt)).value();
    auto waiting = co_await net::UnixStream::connect(place.address);
    CHECK((co_await listen_on(place.address, 0, std::nullopt)).error() == Errc::AddressInUse);
  });
}

TEST_CASE("service: who finds the folder locked waits until the other has done, or a second") {
  Place place(paused());
  place.run([&]() -> Task<void> {
    const base::UniqueFd other(::open(place.folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    const Instant begin = Instant::now();
    {
      auto waiting = spawn(listen_on(place.address, kBacklog, std::nullopt));
      co_await sleep_for(std::chrono::milliseconds(200));
      CHECK_FALSE(place.exists());
      ::flock(other.get(), LOCK_UN);
      CHECK((co_await waiting).value().has_value());
      CHECK(Instant::now() - begin < std::chrono::milliseconds(250));
    }
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    const Instant again = Instant::now();
    CHECK((co_await listen_on(place.address, kBacklog, std::nullopt)).has_value());
    CHECK(Instant::now() - again >= std::chrono::milliseconds(900));
  });
}

TEST_CASE("service: who waits for the lock of a folder may be cancelled, and leaves nothing") {
  Place place(paused());
  place.run([&]() -> Task<void> {
    const base::UniqueFd other(::open(place.folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    const auto waited =
        co_await timeout(std::chrono::milliseconds(100), listen_on(place.address, kBacklog, std::nullopt));
    CHECK(waited.error() == Errc::TimedOut);
    CHECK_FALSE(place.exists());
  });
}

TEST_CASE("service: a file that somebody else has put in its place is not removed, nor one that was left to him") {
  Place place;
  place.run([&]() -> Task<void> {
    {
      const ListeningFile listening = (co_await listen_on(place.address, kBacklog, std::nullopt)).value();
      std::filesystem::rename(place.path, place.path + ".old");
      co_await leave_stale(place.address);
    }
    CHECK(place.exists());
    CHECK(SocketFile::at(place.path).has_value());  // which removes it
    CHECK_FALSE(place.exists());
    CHECK_FALSE(SocketFile::at(place.path).has_value());
    co_return;
  });
}

TEST_CASE("service: a socket in a folder that is not there is an error that names it") {
  Place place;
  place.run([&]() -> Task<void> {
    const auto address = SocketAddress::unix_path(place.path + "/y.sock").value();
    CHECK((co_await listen_on(address, kBacklog, std::nullopt)).error() == Errc::NotFound);
    co_return;
  });
}

TEST_CASE("service: an abstract name has no file") {
  Place place;
  place.run([&]() -> Task<void> {
    const auto address = SocketAddress::parse("unix:@rondeau-socket-file-" + std::to_string(::getpid())).value();
    const ListeningFile listening = (co_await listen_on(address, kBacklog, 0600)).value();
    CHECK_FALSE(listening.file);
    CHECK((co_await net::UnixStream::connect(address)).has_value());
    CHECK((co_await listen_on(address, kBacklog, std::nullopt)).error() == Errc::AddressInUse);
  });
}
