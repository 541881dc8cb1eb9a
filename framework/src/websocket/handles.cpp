#include <rondeau/websocket/handles.h>

#include <rondeau/base/assert.h>

#include "websocket/session.h"

namespace rondeau::websocket {
namespace {

task::Task<std::optional<Message>> recv_from(SessionPtr session) {
  for (;;) {
    auto changed = session->changed().notified();
    if (std::optional<Message> message = session->take()) co_return message;
    if (session->is_exhausted()) co_return std::nullopt;
    co_await changed;
  }
}

task::Task<Result<void>> send_to(SessionPtr session, Message message) {
  for (;;) {
    auto room = session->room().notified();
    Result<void> sent = session->send(message);
    if (sent || sent.error() != Errc::WouldBlock) co_return sent;
    co_await room;
  }
}

task::Task<CloseReason> wait_until_over(SessionPtr session) {
  for (;;) {
    auto changed = session->changed().notified();
    if (session->is_over()) co_return session->close_reason().value_or(CloseReason());
    co_await changed;
  }
}

task::Task<void> close_and_wait(SessionPtr session, CloseReason reason) {
  session->begin_close(reason);
  co_await wait_until_over(std::move(session));
}

}  // namespace

Handle::Handle(SessionPtr session) : session_(std::move(session)) {
  session_->hold();
}
Handle::Handle(const Handle& other) : session_(other.session_) {
  if (session_ != nullptr) session_->hold();
}
Handle& Handle::operator=(const Handle& other) {
  if (other.session_ != nullptr) other.session_->hold();
  if (session_ != nullptr) session_->let_go();
  session_ = other.session_;
  return *this;
}
Handle::~Handle() {
  if (session_ != nullptr) session_->let_go();
}

std::string_view Handle::subprotocol() const noexcept {
  return session_->subprotocol();
}
std::optional<CloseReason> Handle::close_reason() const {
  return session_->close_reason();
}
task::CancelSafe<CloseReason> Handle::closed() const {
  return task::cancel_safe(wait_until_over(session_));
}

ReaderHandle& ReaderHandle::operator=(ReaderHandle&& other) noexcept {
  if (this != &other) {
    if (session_ != nullptr) session_->drop_reader();
    Handle::operator=(std::move(other));
  }
  return *this;
}
ReaderHandle::~ReaderHandle() {
  if (session_ != nullptr) session_->drop_reader();
}
task::CancelSafe<std::optional<Message>> ReaderHandle::recv_message() {
  return task::cancel_safe(recv_from(session_));
}
std::optional<Message> ReaderHandle::try_recv_message() {
  return session_->take();
}

task::CancelSafe<Result<void>> WriterHandle::send_message(Message message) {
  return task::cancel_safe(send_to(session_, std::move(message)));
}
Result<void> WriterHandle::try_send_message(const Message& message) {
  return session_->send(message);
}
void WriterHandle::begin_close(CloseCode code, std::string_view reason) {
  RONDEAU_ASSERT(may_be_sent(code));
  session_->begin_close({code, std::string(reason)});
}
task::CancelSafe<void> WriterHandle::close(CloseCode code, std::string_view reason) {
  RONDEAU_ASSERT(may_be_sent(code));
  return task::cancel_safe(close_and_wait(session_, {code, std::string(reason)}));
}

}  // namespace rondeau::websocket
