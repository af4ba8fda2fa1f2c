/** Threads, collections, compression (zlib's blocks are malloc's), off-heap buffers. */
import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

public class Work {
    static long one(int n) {
        byte[] in = new byte[200000], out = new byte[250000];
        for (int i = 0; i < in.length; i++)
            in[i] = (byte) (i * n % 61);
        Deflater deflater = new Deflater();
        deflater.setInput(in);
        deflater.finish();
        int length = deflater.deflate(out);
        deflater.end();
        ByteBuffer direct = ByteBuffer.allocateDirect(100000).put(out, 0, Math.min(length, 100000));
        direct.flip();
        CRC32 crc = new CRC32();
        crc.update(direct);
        return crc.getValue() + length;
    }

    public static void main(String[] arguments) throws Exception {
        long[] sums = new long[8];
        Thread[] threads = new Thread[8];
        for (int n = 0; n < threads.length; n++) {
            int mine = n;
            threads[n] = new Thread(() -> sums[mine] = IntStream.range(1, 12).mapToLong(Work::one).sum());
            threads[n].start();
        }
        for (Thread thread : threads)
            thread.join();
        System.out.println(java.util.Arrays.toString(sums));
        System.exit(7);
    }
}
