#include "admin/listener.h"

#include <fcntl.h>
#include <pthread.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/observe/log.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/serve.h>

#include "service/access_log.h"

namespace rondeau::admin {
namespace {

constexpr std::size_t kMostConnections = 32;
constexpr mode_t kSocketMode = 0600;  // of a socket's file: who runs the service, and root

http::Limits own_limits() {
  http::Limits limits;
  limits.max_connections = kMostConnections;
  limits.in_flight_per_worker = kMostConnections;
  limits.max_buffered_body = 64 * 1024;
  limits.max_streamed_body = 64 * 1024;
  limits.shutdown = std::chrono::seconds(1);
  limits.hard_end = std::chrono::seconds(1);
  limits.backlog = 128;
  return limits;
}

Result<base::UniqueFd> second_of(int fd) {
  base::UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return Error::from_os(errno, "dup");
  return copy;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::start(Terms terms, std::optional<base::UniqueFd> inherited,
                                                  std::shared_ptr<const routing::Dispatcher> pages) {
  std::unique_ptr<Listener> made(new Listener);
  std::promise<Result<void>> started;
  auto outcome = started.get_future();
  made->thread_ = std::thread(&Listener::live, made.get(), std::move(terms), std::move(inherited), std::move(pages),
                              std::move(started));
  const Result<void> listens = outcome.get();
  if (!listens) return listens.error().with("admin.listen");
  return made;
}

Listener::~Listener() {
  shutdown_.cancel("the service ends");
  if (thread_.joinable()) thread_.join();
}

Result<base::UniqueFd> Listener::duplicate() const {
  return second_of(socket_.get());
}

void Listener::hand_over() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (file_) file_->leave();
  }
  handed_over_.cancel();
  shutdown_.cancel("a successor answers");
}

void Listener::live(Terms terms, std::optional<base::UniqueFd> inherited,
                    std::shared_ptr<const routing::Dispatcher> pages, std::promise<Result<void>> started) {
  ::pthread_setname_np(::pthread_self(), "rondeau-admin");
  auto runtime = runtime::Builder::current_thread().name("admin").build();
  if (!runtime) return started.set_value(runtime.error());
  runtime->block_on(serve(std::move(terms), std::move(inherited), std::move(pages), std::move(started)));
}

Task<void> Listener::serve(Terms terms, std::optional<base::UniqueFd> inherited,
                           std::shared_ptr<const routing::Dispatcher> pages, std::promise<Result<void>> started) {
  auto listener = co_await open(std::move(terms), std::move(inherited));
  if (!listener) co_return started.set_value(listener.error());
  const auto address = listener->local_addr();
  address_ = address ? address->to_string() : "unknown";
  started.set_value({});
  const auto report = co_await server::serve(*std::move(listener), std::move(pages),
                                             {.limits = own_limits(), .shutdown = shutdown_, .handed_over = handed_over_});
  if (!report) log::write(log::Level::Error, "admin", "the admin listener ends", {{"why", report.error().message()}});
  const std::lock_guard lock(mutex_);
  file_.reset();
}

Task<Result<server::Listener>> Listener::open(Terms terms, std::optional<base::UniqueFd> inherited) {
  if (inherited) {
    RONDEAU_TRY(socket_, second_of(inherited->get()));
    RONDEAU_TRY(server::Listener listener, server::Listener::from_fd(*std::move(inherited)));
    const auto address = listener.local_addr();
    if (address && address->is_unix()) file_ = service::SocketFile::at(std::string(address->path()));
    co_return listener;
  }
  const int backlog = own_limits().backlog;
  if (terms.address.is_unix()) {
    RONDEAU_TRY(service::ListeningFile opened, co_await service::listen_on(terms.address, backlog, kSocketMode));
    RONDEAU_TRY(socket_, second_of(opened.listener.fd()));
    file_ = std::move(opened.file);
    co_return server::Listener(std::move(opened.listener));
  }
  RONDEAU_TRY(net::TcpListener listener, net::TcpListener::bind(terms.address, {.backlog = backlog}));
  RONDEAU_TRY(socket_, second_of(listener.fd()));
  co_return server::Listener(std::move(listener));
}

}  // namespace rondeau::admin
