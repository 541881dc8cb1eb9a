#include "dev/sockets.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include <rondeau/base/socket_address.h>
#include <rondeau/net/tcp_listener.h>

namespace rondeau::tool::dev {
namespace {

constexpr int kBacklog = 4096;                   // connections that wait while nobody accepts
constexpr const char* kAdmin = "rondeau.admin";  // what a service knows its admin listener by
constexpr const char* kServer = "http";

/// The value of `key = "value"  (origin)`; none where it is null.
std::optional<std::string> value_of(std::string_view settings, std::string_view key) {
  const std::string begin = std::string(key) + " = \"";
  std::size_t at = settings.starts_with(begin) ? 0 : settings.find("\n" + begin);
  if (at == std::string_view::npos) return std::nullopt;
  at = settings.find('"', at) + 1;
  return std::string(settings.substr(at, settings.find('"', at) - at));
}

std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string one = text.substr(begin, end - begin);
    std::erase(one, ' ');
    if (!one.empty()) all.push_back(std::move(one));
    begin = end + 1;
  }
  return all;
}

}  // namespace

Outcome<Addresses> addresses_in(std::string_view settings) {
  const auto server = value_of(settings, "server.listen");
  if (!server) return fail("--print-config tells no server.listen");
  // Where nothing is said, a service in the dev profile has the port that the system picks.
  Addresses addresses{listed(*server), value_of(settings, "admin.listen").value_or("127.0.0.1:0")};
  if (addresses.admin->empty()) addresses.admin.reset();
  if (addresses.server.empty()) return fail("server.listen is empty");
  for (const std::string& address : addresses.server) {
    if (address.starts_with("unix:")) return refuse("rondeau dev needs ports in server.listen, not " + address);
  }
  if (addresses.admin && addresses.admin->starts_with("unix:")) {
    return refuse("rondeau dev needs a port in admin.listen, not " + *addresses.admin);
  }
  return addresses;
}

Outcome<std::vector<process::PassedFd>> Sockets::at(const Addresses& addresses) {
  std::vector<process::PassedFd> passed;
  std::set<std::string> wanted;
  const auto add = [&](const char* name, const std::string& address) -> Outcome<void> {
    std::string key = std::string(name) + " " + address;
    RONDEAU_TRY_PLAIN(const int fd, open(key, address));
    passed.push_back({name, fd});
    wanted.insert(std::move(key));
    return {};
  };
  for (const std::string& address : addresses.server) RONDEAU_TRY_VOID_PLAIN(add(kServer, address));
  if (addresses.admin) RONDEAU_TRY_VOID_PLAIN(add(kAdmin, *addresses.admin));
  std::erase_if(open_, [&](const auto& each) { return !wanted.contains(each.first); });
  return passed;
}

Outcome<int> Sockets::open(const std::string& key, const std::string& address) {
  if (const auto found = open_.find(key); found != open_.end()) return found->second.get();
  const auto listener = net::TcpListener::bind(std::string_view(address), {.backlog = kBacklog});
  if (!listener) return fail("cannot listen on " + address + ": " + listener.error().message());
  // Its own end of the socket goes with the listener, which would be told of each connection.
  base::UniqueFd fd(::fcntl(listener->fd(), F_DUPFD_CLOEXEC, 0));
  if (!fd) return fail("cannot listen on " + address + ": " + Error::from_os(errno).message());
  return open_.emplace(key, std::move(fd)).first->second.get();
}

}  // namespace rondeau::tool::dev
