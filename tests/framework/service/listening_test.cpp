#include "service/listening.h"

#include <fcntl.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>

#include "support/temporary_directory.h"

using namespace rondeau;
using server::InheritedSocket;
using service::kHandedOver;
using service::ListeningFile;

namespace {

InheritedSocket handed_over(int fd) {
  return {std::string(kHandedOver), base::UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0))};
}

}  // namespace

TEST_CASE("service: who cannot take all sockets over leaves the files of the others to who has them") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const std::string path = (folder / "x.sock").native();
    const auto address = SocketAddress::unix_path(path).value();
    ListeningFile before = (co_await service::listen_on(address, 16, std::nullopt)).value();
    const base::UniqueFd no_socket(::open("/dev/null", O_RDONLY | O_CLOEXEC));

    std::vector<InheritedSocket> sockets;
    sockets.push_back(handed_over(before.listener.fd()));
    sockets.push_back(handed_over(no_socket.get()));
    CHECK_FALSE((co_await service::listen({}, false, std::move(sockets))).has_value());
    CHECK(std::filesystem::exists(path));
    CHECK((co_await net::UnixStream::connect(address)).has_value());

    std::vector<InheritedSocket> good;
    good.push_back(handed_over(before.listener.fd()));
    {
      const auto taken = co_await service::listen({}, false, std::move(good));
      REQUIRE(taken);
      CHECK(taken->files.size() == 1);
      before.file->leave();
    }
    CHECK_FALSE(std::filesystem::exists(path));
  });
}
