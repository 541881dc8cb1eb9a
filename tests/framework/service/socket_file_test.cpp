#include "service/socket_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>

#include "support/temporary_directory.h"

using namespace rondeau;
using service::listen_on;
using service::ListeningFile;
using service::SocketFile;

namespace {

constexpr int kBacklog = 16;

struct Place {
  support::TemporaryDirectory folder;
  std::string path = (folder / "x.sock").native();
  SocketAddress address = SocketAddress::unix_path(path).value();
  runtime::Runtime runtime = runtime::Builder::current_thread().build().value();

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
void leave_stale(const SocketAddress& address) {
  ListeningFile left = listen_on(address, kBacklog, std::nullopt).value();
  left.file->leave();
}

}  // namespace

TEST_CASE("service: the file of a socket is there as long as it is listened on, and answers") {
  Place place;
  place.run([&]() -> Task<void> {
    {
      const ListeningFile listening = listen_on(place.address, kBacklog, std::nullopt).value();
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
        const ListeningFile listening = listen_on(place.address, kBacklog, mode).value();
        CHECK(place.mode() == mode);
      }
      const ListeningFile plain = listen_on(place.address, kBacklog, std::nullopt).value();
      CHECK(place.mode() == (0777 & ~umask));
      ::umask(before);
    }
    co_return;
  });
}

TEST_CASE("service: a stale socket is replaced; one that is listened on, and what is none, stays") {
  Place place;
  place.run([&]() -> Task<void> {
    leave_stale(place.address);
    REQUIRE(place.exists());
    const ListeningFile listening = listen_on(place.address, kBacklog, std::nullopt).value();
    const auto second = listen_on(place.address, kBacklog, std::nullopt);
    REQUIRE_FALSE(second);
    CHECK(second.error() == Errc::AddressInUse);
    CHECK(second.error().message().find(place.path + ": somebody listens there") != std::string::npos);
    CHECK((co_await net::UnixStream::connect(place.address)).has_value());
  });
  place.folder.put("x.sock", "precious");
  place.run([&]() -> Task<void> {
    CHECK(listen_on(place.address, kBacklog, std::nullopt).error() == Errc::AddressInUse);
    CHECK(std::filesystem::file_size(place.path) == 8);
    co_return;
  });
  std::filesystem::remove(place.path);
  std::filesystem::create_symlink("elsewhere", place.path);
  place.run([&]() -> Task<void> {
    CHECK(listen_on(place.address, kBacklog, std::nullopt).error() == Errc::AddressInUse);
    CHECK(std::filesystem::is_symlink(place.path));
    co_return;
  });
}

TEST_CASE("service: a socket whose queue is full is listened on") {
  Place place;
  place.run([&]() -> Task<void> {
    const ListeningFile listening = listen_on(place.address, 0, std::nullopt).value();
    auto waiting = co_await net::UnixStream::connect(place.address);
    CHECK(listen_on(place.address, 0, std::nullopt).error() == Errc::AddressInUse);
  });
}

TEST_CASE("service: of two that are about to listen in one folder the second is told so") {
  Place place;
  place.run([&]() -> Task<void> {
    leave_stale(place.address);
    const base::UniqueFd other(::open(place.folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    CHECK(listen_on(place.address, kBacklog, std::nullopt).error() == Errc::AddressInUse);
    ::flock(other.get(), LOCK_UN);
    CHECK(listen_on(place.address, kBacklog, std::nullopt).has_value());
    co_return;
  });
}

TEST_CASE("service: a file that somebody else has put in its place is not removed, nor one that was left to him") {
  Place place;
  place.run([&]() -> Task<void> {
    {
      const ListeningFile listening = listen_on(place.address, kBacklog, std::nullopt).value();
      std::filesystem::rename(place.path, place.path + ".old");
      leave_stale(place.address);
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
    CHECK(listen_on(address, kBacklog, std::nullopt).error() == Errc::NotFound);
    co_return;
  });
}

TEST_CASE("service: an abstract name has no file") {
  Place place;
  place.run([&]() -> Task<void> {
    const auto address = SocketAddress::parse("unix:@rondeau-socket-file-" + std::to_string(::getpid())).value();
    const ListeningFile listening = listen_on(address, kBacklog, 0600).value();
    CHECK_FALSE(listening.file);
    CHECK((co_await net::UnixStream::connect(address)).has_value());
    CHECK(listen_on(address, kBacklog, std::nullopt).error() == Errc::AddressInUse);
  });
}
