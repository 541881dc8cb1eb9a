#include "sim/trace.h"

#include <algorithm>
#include <cstdio>

namespace rondeau::sim {
namespace {

struct Words {
  std::string_view what;
  std::string_view first;   ///< what the number is; empty: there is none
  std::string_view second;
};

Words words_of(What what) noexcept {
  switch (what) {
    case What::TaskRuns: return {"runs", "task", ""};
    case What::Turn: return {"looks at its sockets", "worker", ""};
    case What::Timers: return {"looks at its timers", "worker", ""};
    case What::CallRuns: return {"runs a blocking call", "call", ""};
    case What::Bind: return {"binds", "socket", "port"};
    case What::Connect: return {"connects", "socket", "port"};
    case What::Refused: return {"is refused", "socket", ""};
    case What::Unanswered: return {"gets no answer", "socket", "attempt"};
    case What::Established: return {"has a new connection", "socket", "of"};
    case What::Accept: return {"accepts", "socket", "at"};
    case What::AcceptFails: return {"can't accept", "at", "errno"};
    case What::Send: return {"sends", "socket", "bytes"};
    case What::Receive: return {"receives", "socket", "bytes"};
    case What::Arrives: return {"is reached", "socket", "bytes"};
    case What::EndArrives: return {"is told the end", "socket", ""};
    case What::ResetArrives: return {"is reset", "socket", ""};
    case What::Lost: return {"does not get through", "socket", ""};
    case What::Close: return {"closes", "socket", ""};
    case What::LookUp: return {"looks up a name", "found", ""};
    case What::Crash: return {"crashes", "", ""};
    case What::Restart: return {"starts", "", ""};
    case What::Pause: return {"is paused", "", ""};
    case What::Resume: return {"goes on", "", ""};
    case What::Partition: return {"is cut off", "from host", ""};
    case What::Heal: return {"reaches", "host", ""};
    case What::ClockSet: return {"has its clock set", "", ""};
    case What::Random: return {"draws", "bytes", ""};
    case What::DiskFails: return {"has a disk that fails", "errno", ""};
    case What::RareBranch: return {"takes a rare branch", "place", ""};
  }
  return {"?", "", ""};
}

}  // namespace

std::string Trace::text(Instant start, const std::vector<std::string>& hosts) const {
  std::string text;
  const std::uint64_t kept = std::min<std::uint64_t>(count_, kKept);
  for (std::uint64_t i = count_ - kept + 1; i <= count_; ++i) text.append(line(last_[i % kKept], start, hosts)).append("\n");
  return text;
}

std::string Trace::line(const Entry& entry, Instant start, const std::vector<std::string>& hosts) {
  char time[32];
  std::snprintf(time, sizeof time, "%14.6f ms  ", static_cast<double>((entry.when - start).count()) / 1e6);
  const Words words = words_of(entry.what);
  std::string text = time;
  text += entry.host < hosts.size() ? hosts[entry.host] : "the world";
  text.append(" ").append(words.what);
  if (!words.first.empty()) text.append(", ").append(words.first).append(" ").append(std::to_string(entry.first));
  if (!words.second.empty()) text.append(", ").append(words.second).append(" ").append(std::to_string(entry.second));
  return text;
}

}  // namespace rondeau::sim
