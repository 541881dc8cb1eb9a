#include "client/upgrade.h"

#include <algorithm>
#include <string>
#include <utility>

#include <rondeau/text/ascii.h>

#include "client/answer.h"
#include "client/conversation.h"
#include "client/words.h"

namespace rondeau::client {

task::Task<Result<Upgraded, Error>> ask_for_upgrade(std::shared_ptr<const ClientCore> core,
                                                    std::unique_ptr<Call> call) {
  const UpgradeRequest asked = *call->upgrade;
  RONDEAU_TRY(const std::shared_ptr<Answer> answer, co_await converse(std::move(core), std::move(call)));
  if (answer->status != http::StatusCode::SwitchingProtocols) {
    co_return error_of(*answer, {.kind = ErrorKind::Status,
                                 .phase = Phase::Head,
                                 .cause = "answered " + describe(answer->status) + ", not 101 Switching Protocols",
                                 .sent = Sent::Yes});
  }
  if (std::string why = fault_of_switch(*answer, asked); !why.empty()) {
    co_return error_of(*answer, {.kind = ErrorKind::Protocol,
                                 .phase = Phase::Head,
                                 .cause = std::move(why),
                                 .sent = Sent::Yes});
  }
  co_return Upgraded{.headers = std::move(answer->headers),
                     .url = std::move(answer->url),
                     .stream = std::move(answer->switched->stream),
                     .read_ahead = std::move(answer->switched->read_ahead)};
}

std::string fault_of_switch(const Answer& answer, const UpgradeRequest& asked) {
  const http::Headers& fields = answer.headers;
  if (!answer.switched) return "it switches the protocol, and there is no connection";
  if (fields.count(http::HeaderName::Upgrade) != 1 ||
      !text::equals_ignoring_case(*fields.get(http::HeaderName::Upgrade), asked.protocol)) {
    return "it switches to another protocol than the one that was asked for";
  }
  const bool is_told = std::ranges::any_of(fields, [](const http::HeaderField& field) {
    return field.id == http::HeaderName::Connection && text::list_contains(field.value, "upgrade");
  });
  if (!is_told) {
    return "it switches the protocol without saying so in Connection";
  }
  if (!asked.judge) return {};
  const Result<void> judged = asked.judge(fields);
  return judged ? std::string() : judged.error().message();
}

}  // namespace rondeau::client
