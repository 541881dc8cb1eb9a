#include "server/exchange.h"

#include <utility>
#include <vector>

namespace rondeau::server {
namespace {

// 64 of about 20 KiB: more than a worker has at work at once, unless handlers wait.
constexpr std::size_t kStored = 64;
constexpr std::size_t kLargestOutput = 64 * 1024;

thread_local std::vector<std::unique_ptr<Exchange>> store_of_thread;

}  // namespace

Exchange::Exchange(Shared& server) : limits_(server.limits), server_id_(server.id) {
  block_.limits = &limits_;
  block_.show_details = server.show_details;
  block_.drain = server.drain;
  block_.host = &server;
}

void Exchange::attach(Connection& connection) noexcept {
  connection_ = &connection;
  keep_alive_ = true;
  broken_ = false;
  emptied_ = false;
  head_deadline_.reset();
  new_batch();
}

void Exchange::detach() noexcept {
  Shared& server = connection_->server();
  if (server.cutting.load(std::memory_order_relaxed) && !answer_.is_empty()) {
    server.cut.add(CutRequest::Kind::Request, block_, began_);
  }
  began_ = Instant();
  connection_ = nullptr;
  answer_.clear();
  drop_unsent();
  upgrade_.reset();
  if (output_.capacity() > kLargestOutput) output_.release();
  input_.reset();
  if (fresh_) return;
  block_.reset();
  body_.reset();
  parser_.next();
  fresh_ = true;
}

// Neither is inlined into a coroutine, which may go on on another thread.
[[gnu::noinline]] std::unique_ptr<Exchange> borrow_exchange(Shared& server) {
  auto& store = store_of_thread;
  while (!store.empty()) {
    std::unique_ptr<Exchange> stored = std::move(store.back());
    store.pop_back();
    if (stored->server_id() == server.id) return stored;
  }
  return std::make_unique<Exchange>(server);
}

[[gnu::noinline]] void give_back(std::unique_ptr<Exchange> exchange) noexcept {
  exchange->detach();
  auto& store = store_of_thread;
  if (store.capacity() == 0) store.reserve(kStored);
  if (store.size() < kStored) store.push_back(std::move(exchange));
}

}  // namespace rondeau::server
