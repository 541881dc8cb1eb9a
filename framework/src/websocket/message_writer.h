// MessageWriter: messages and control frames as bytes behind those that wait to be sent.
#pragma once

#include <optional>
#include <string_view>

#include <rondeau/websocket/close_code.h>
#include <rondeau/websocket/message.h>

#include "http/output_buffer.h"
#include "websocket/deflate.h"
#include "websocket/frame.h"

namespace rondeau::websocket {

/// Thread safety: none.
class MessageWriter {
 public:
  /// A new mask for each frame of a client, which nobody can foresee (RFC 6455 §5.3).
  using MakeMask = Mask (*)();

  /// A client gives `make_mask`, a server does not.
  /// Compresses where there are terms for it.
  explicit MessageWriter(MakeMask make_mask = nullptr, const std::optional<DeflateTerms>& deflate = {})
      : make_mask_(make_mask) {
    if (deflate) deflater_.emplace(*deflate);
  }

  void append_message(http::OutputBuffer& out, const Message& message);
  void append_ping(http::OutputBuffer& out, std::string_view payload) { append(out, Opcode::Ping, payload); }
  void append_pong(http::OutputBuffer& out, std::string_view payload) { append(out, Opcode::Pong, payload); }
  /// NoStatus is a close frame that says nothing; a reason that is too long is cut between two characters.
  void append_close(http::OutputBuffer& out, const CloseReason& reason);

 private:
  void append(http::OutputBuffer& out, Opcode opcode, std::string_view payload, bool compressed = false);

  MakeMask make_mask_;
  std::optional<Deflater> deflater_;
};

}  // namespace rondeau::websocket
