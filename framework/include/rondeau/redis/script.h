// Script: Lua that runs in the server, known to it by its digest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/redis/command.h>

namespace rondeau::redis {

/// A script's text and its SHA-1, made once: `const redis::Script increment("return redis.call('incr', KEYS[1])");`
///
/// A cheap copy; may be a global. Thread safety: any thread.
class Script {
 public:
  explicit Script(std::string text);

  std::string_view text() const noexcept { return state_->text; }
  /// 40 hexadecimal digits.
  std::string_view sha1() const noexcept { return state_->sha1; }

 private:
  struct State {
    std::string text;
    std::string sha1;
  };
  std::shared_ptr<const State> state_;
};

enum class ScriptForm : std::uint8_t { Digest, Text };

/// EVALSHA or EVAL; `rest` is what follows, encoded, `count` arguments.
Request script_request(ScriptForm form, const Script& script, std::string_view rest, std::size_t count);

}  // namespace rondeau::redis
