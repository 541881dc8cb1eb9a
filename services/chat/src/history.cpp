#include "history.h"

#include <algorithm>

namespace chat {
namespace {

struct Row {
  std::int64_t id = 0;
  std::string author;
  std::string text;
  std::int64_t at = 0;
};

std::vector<out::Message> messages_of(const std::string& room, std::vector<Row> rows) {
  std::vector<out::Message> messages;
  messages.reserve(rows.size());
  for (Row& row : rows) {
    messages.push_back(
        {row.id, room, std::move(row.author), std::move(row.text), Time(std::chrono::milliseconds(row.at))});
  }
  return messages;
}

}  // namespace

Task<Result<std::int64_t>> History::append(std::string room, std::vector<Said> messages) const {
  const auto count = static_cast<std::int64_t>(messages.size());
  // The first statement locks the room's row, so who writes next counts on from what is committed here.
  std::vector<sql::Item<std::int64_t>> batch;
  batch.push_back(
      sql::scalar<std::int64_t>("insert into rooms (name, last_id) values ($1, $2) on conflict (name) do update "
                                "set last_id = rooms.last_id + excluded.last_id returning last_id",
                                room, count));
  for (std::int64_t i = 0; i < count; ++i) {
    const Said& said = messages[static_cast<std::size_t>(i)];
    batch.push_back(
        sql::exec("insert into messages (room, id, author, text, at) select name, last_id - $2, $3, $4, $5 from rooms "
                  "where name = $1",
                  room, count - 1 - i, said.from, said.text, std::int64_t{said.at.time_since_epoch().count()}));
  }
  batch.push_back(sql::exec(
      "delete from messages where room = $1 and id <= (select last_id from rooms where name = $1) - $2", room, keep_));
  RONDEAU_TRY(const auto outcomes, co_await database_.batch(std::move(batch)));
  co_return outcomes.front();
}

Task<Result<std::int64_t>> History::last_id(std::string room) const {
  RONDEAU_TRY(const auto id, co_await database_.maybe<std::int64_t>("select last_id from rooms where name = $1", room));
  co_return id.value_or(0);
}

Task<Result<std::vector<out::Message>>> History::after(std::string room, std::int64_t id, std::int64_t limit) const {
  RONDEAU_TRY(auto rows, co_await database_.all<Row>("select id, author, text, at from messages "
                                                     "where room = $1 and id > $2 order by id limit $3",
                                                     room, id, limit));
  co_return messages_of(room, std::move(rows));
}

Task<Result<std::vector<out::Message>>> History::before(std::string room, std::int64_t id, std::int64_t limit) const {
  RONDEAU_TRY(auto rows, co_await database_.all<Row>("select id, author, text, at from messages "
                                                     "where room = $1 and id < $2 order by id desc limit $3",
                                                     room, id, limit));
  std::ranges::reverse(rows);
  co_return messages_of(room, std::move(rows));
}

}  // namespace chat
