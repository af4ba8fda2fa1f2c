// The life of a C++ service's containers: keys come, are looked up, grow and go, in maps,
// lists and vectors of strings, all of them filling and emptying. Prints a checksum that no
// allocator and no order inside a hash table changes.
#include <cstdint>
#include <cstdio>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

class Random {
  public:
    uint32_t below(uint32_t bound) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>((state_ >> 32) % bound);
    }

  private:
    uint64_t state_ = 20230610;
};

std::string key(uint32_t number) {
    return "customer/" + std::to_string(number) + "/balance";
}

uint64_t ordered_index(Random &random, int rounds) {
    std::map<std::string, uint32_t> index;
    uint64_t sum = 0;
    for (int i = 0; i < rounds; i++) {
        index[key(random.below(20000))] += 1;
        if (i % 3 == 0)
            sum += index.erase(key(random.below(20000)));
    }
    for (const auto &entry : index)
        sum += entry.first.size() * entry.second;
    return sum;
}

uint64_t hash_cache(Random &random, int rounds) {
    std::unordered_map<std::string, std::vector<std::string>> cache;
    uint64_t sum = 0;
    for (int i = 0; i < rounds; i++) {
        auto &values = cache[key(random.below(4000))];
        values.push_back(std::string(10 + random.below(60), 'v'));
        if (values.size() > 8) {
            for (const auto &value : values)
                sum += value.size();
            values.clear();
            values.shrink_to_fit();
        }
    }
    return sum + cache.size();
}

uint64_t work_queue(Random &random, int rounds) {
    struct Job {
        explicit Job(uint32_t n) : name(key(n)), parts(n % 5) {}
        std::string name;
        std::vector<std::string> parts;
    };
    std::list<std::unique_ptr<Job>> queue;
    uint64_t sum = 0;
    for (int i = 0; i < rounds; i++) {
        queue.push_back(std::make_unique<Job>(random.below(1000000)));
        if (queue.size() > 500) {
            sum += queue.front()->name.size() + queue.front()->parts.size();
            queue.pop_front();
        }
    }
    return sum;
}

std::vector<std::string> split(const std::string &line) {
    std::vector<std::string> words;
    for (size_t from = 0; from < line.size();) {
        size_t to = line.find(' ', from);
        if (to == std::string::npos)
            to = line.size();
        words.push_back(line.substr(from, to - from));
        from = to + 1;
    }
    return words;
}

uint64_t text_lines(Random &random, int rounds) {
    uint64_t sum = 0;
    for (int i = 0; i < rounds; i++) {
        std::string line;
        for (int word = 0; word < 12; word++)
            line += std::string(1 + random.below(30), 'w') + ' ';
        for (const auto &word : split(line))
            sum += word.size();
    }
    return sum;
}

} // namespace

int main() {
    Random random;
    uint64_t sum = 0;
    for (int round = 0; round < 4; round++) {
        sum = sum * 31 + ordered_index(random, 100000);
        sum = sum * 31 + hash_cache(random, 100000);
        sum = sum * 31 + work_queue(random, 100000);
        sum = sum * 31 + text_lines(random, 40000);
    }
    std::printf("%llu\n", static_cast<unsigned long long>(sum));
    return sum == 0;
}
