// What a client asks for in its handshake, and which answers it takes.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/http/headers.h>
#include <rondeau/text/base64.h>
#include <rondeau/websocket/handshake.h>

#include "websocket/client_handshake.h"
#include "websocket/extensions.h"

using namespace rondeau;
using http::HeaderName;
using websocket::ClientHandshake;
using websocket::Compression;

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string>>;

/// "" where an answer with the right Accept and those fields is good, else what is wrong with it.
std::string judged(ClientHandshake handshake, const Fields& fields, websocket::Terms* terms = nullptr) {
  http::Headers request;
  handshake.write(request);
  http::Headers answer;
  answer.set(HeaderName::SecWebSocketAccept, websocket::accept_of(*request.get(HeaderName::SecWebSocketKey))).value();
  for (const auto& [name, value] : fields) answer.append(name, value).value();
  const Result<void> result = handshake.judge(answer);
  if (terms != nullptr) *terms = handshake.terms();
  return result ? std::string() : result.error().message();
}

std::string judged_extensions(std::string value, const Compression& ours = {}) {
  return judged({{}, ours, {}}, {{"sec-websocket-extensions", std::move(value)}});
}

}  // namespace

TEST_CASE("websocket client: a request has a key of 16 bytes, another one each time, and what is offered") {
  ClientHandshake handshake({"v2.feed", "v1.feed"}, std::nullopt, {});
  CHECK(handshake.check().has_value());
  http::Headers first;
  handshake.write(first);
  http::Headers second;
  handshake.write(second);
  CHECK(text::base64_decode(*first.get(HeaderName::SecWebSocketKey))->size() == 16);
  CHECK(first.get(HeaderName::SecWebSocketKey) != second.get(HeaderName::SecWebSocketKey));
  CHECK(first.get(HeaderName::SecWebSocketVersion) == "13");
  CHECK(first.get(HeaderName::SecWebSocketProtocol) == "v2.feed, v1.feed");
  CHECK_FALSE(first.contains(HeaderName::SecWebSocketExtensions));
}

TEST_CASE("websocket client: subprotocols are tokens, each once") {
  CHECK_FALSE(ClientHandshake({"a b"}, {}, {}).check().has_value());
  CHECK_FALSE(ClientHandshake({""}, {}, {}).check().has_value());
  CHECK_FALSE(ClientHandshake({"a", "b", "a"}, {}, {}).check().has_value());
}

TEST_CASE("websocket client: Accept belongs to the key, and stands there once") {
  ClientHandshake handshake({}, {}, {});
  http::Headers request;
  handshake.write(request);
  const std::string accept = websocket::accept_of(*request.get(HeaderName::SecWebSocketKey));
  const auto judge = [&](const std::vector<std::string>& values) {
    http::Headers answer;
    for (const std::string& value : values) answer.append("sec-websocket-accept", value).value();
    return handshake.judge(answer).has_value();
  };
  CHECK(judge({accept}));
  CHECK_FALSE(judge({}));
  CHECK_FALSE(judge({"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}));
  CHECK_FALSE(judge({accept, accept}));
  CHECK_FALSE(judge({accept + ", " + accept}));
  // An answer to the handshake before.
  handshake.write(request);
  CHECK_FALSE(judge({accept}));
}

TEST_CASE("websocket client: the subprotocol is one of those that were offered") {
  const std::string_view name = "sec-websocket-protocol";
  websocket::Terms terms;
  CHECK(judged({{"a", "b"}, {}, {}}, {{name, "b"}}, &terms) == "");
  CHECK(terms.subprotocol == "b");
  CHECK(judged({{}, {}, {}}, {}, &terms) == "");
  CHECK(terms.subprotocol == "");
  CHECK(judged({{"a", "b"}, {}, {}}, {{name, "c"}}) != "");
  CHECK(judged({{"a", "b"}, {}, {}}, {{name, "A"}}) != "");
  CHECK(judged({{"a", "b"}, {}, {}}, {{name, "a, b"}}) != "");
  CHECK(judged({{"a", "b"}, {}, {}}, {{name, "a"}, {name, "a"}}) != "");
  CHECK(judged({{"a", "b"}, {}, {}}, {}) != "");
  CHECK(judged({{}, {}, {}}, {{name, "a"}}) != "");
  CHECK(judged({{}, {}, {}}, {{name, ""}}) != "");
}

TEST_CASE("websocket client: an extension that was not offered is refused") {
  CHECK(judged({{}, std::nullopt, {}}, {{"sec-websocket-extensions", "permessage-deflate"}}) != "");
  CHECK(judged({{}, std::nullopt, {}}, {{"sec-websocket-extensions", ""}}) != "");
  CHECK(judged({{}, std::nullopt, {}}, {}) == "");
}

TEST_CASE("websocket client: permessage-deflate is agreed on as RFC 7692 has it") {
  if (!websocket::has_deflate()) return;
  CHECK(websocket::offer_deflate({}) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits");
  CHECK(websocket::offer_deflate({.server_context_takeover = true, .client_context_takeover = true}) ==
        "permessage-deflate; client_max_window_bits");
  const std::string forgets = "permessage-deflate; server_no_context_takeover";
  for (const std::string& good :
       {forgets, forgets + "; client_no_context_takeover", forgets + "; client_max_window_bits=10",
        forgets + "; server_max_window_bits=8", forgets + "; client_max_window_bits=\"15\"", std::string("permessage-deflate ;\tserver_no_context_takeover")}) {
    INFO(good);
    CHECK(judged_extensions(good) == "");
  }
  for (const std::string& bad :
       {std::string("permessage-deflate"), std::string(""), std::string("x-webkit-deflate-frame"), forgets + ";",
        forgets + "; server_no_context_takeover", forgets + "; client_max_window_bits",
        forgets + "; client_max_window_bits=7", forgets + "; client_max_window_bits=16",
        forgets + "; client_max_window_bits=010", forgets + "; server_max_window_bits",
        forgets + "; client_no_context_takeover=1", forgets + "; other", forgets + ", " + forgets, forgets + ", other"}) {
    INFO(bad);
    CHECK(judged_extensions(bad) != "");
  }
  CHECK(judged({{}, Compression{}, {}}, {{"sec-websocket-extensions", forgets}, {"sec-websocket-extensions", forgets}}) !=
        "");
  // Who has not asked a server to forget lets it remember.
  CHECK(judged_extensions("permessage-deflate", {.server_context_takeover = true}) == "");

  const auto terms_of = [](std::string value, const Compression& ours) {
    return websocket::agreed_deflate(value, ours).value();
  };
  const Compression remembers{.server_context_takeover = true, .client_context_takeover = true, .smallest = 7};
  CHECK(terms_of("permessage-deflate", remembers) ==
        websocket::DeflateTerms{.our_window = 15, .we_forget = false, .peer_forgets = false, .smallest = 7});
  CHECK(terms_of("permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits=11",
                 remembers) ==
        websocket::DeflateTerms{.our_window = 11, .we_forget = true, .peer_forgets = true, .smallest = 7});
  // zlib makes no window of 8 bits: messages go as they are.
  CHECK(terms_of("permessage-deflate; client_max_window_bits=8", remembers).smallest > 1'000'000'000);
}
