#include "websocket/message_writer.h"

#include <algorithm>
#include <span>
#include <string>

#include <rondeau/base/assert.h>
#include <rondeau/text/utf8.h>

namespace rondeau::websocket {

void MessageWriter::append_message(http::OutputBuffer& out, const Message& message) {
  const Opcode opcode = message.is_text() ? Opcode::Text : Opcode::Binary;
  std::string compressed;
  if (deflater_ && deflater_->deflate(message.view(), compressed)) return append(out, opcode, compressed, true);
  append(out, opcode, message.view());
}

void MessageWriter::append_close(http::OutputBuffer& out, const CloseReason& reason) {
  if (reason.code == CloseCode::NoStatus) return append(out, Opcode::Close, {});
  RONDEAU_ASSERT(may_be_sent(reason.code));
  const auto code = static_cast<std::uint16_t>(reason.code);
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
  const std::string_view fits = std::string_view(reason.reason).substr(0, kMaxControl - payload.size());
  payload += fits.substr(0, text::valid_utf8_prefix(fits));
  append(out, Opcode::Close, payload);
}

void MessageWriter::append(http::OutputBuffer& out, Opcode opcode, std::string_view payload, bool compressed) {
  FrameHead head{.opcode = opcode, .rsv1 = compressed, .length = payload.size()};
  if (make_mask_ != nullptr) head.mask = make_mask_();
  char* at = out.prepare(kMaxHead + payload.size());
  const std::size_t size = write_head(at, head);
  payload.copy(at + size, payload.size());
  if (head.mask) apply_mask({at + size, payload.size()}, *head.mask);
  out.commit(size + payload.size());
}

}  // namespace rondeau::websocket
