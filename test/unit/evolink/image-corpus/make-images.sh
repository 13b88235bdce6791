#!/bin/sh
# Makes the images of this folder: a yellow disc on blue, 480 x 360 pixels, drawn here, so
# that nobody else's rights are involved. Needs ImageMagick (with HEIC, AVIF and JPEG 2000), ffmpeg
# with libx264, the WebP tools, libjpeg-turbo's tools and ExifTool. Other versions of them may write
# other bytes; what the tests expect stays the same.
#
# usage: sh test/unit/evolink/image-corpus/make-images.sh

set -eu
target=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

convert -size 480x360 xc:SteelBlue +antialias -fill Gold -draw 'circle 240,180 240,80' -depth 8 disc.png
convert disc.png -negate -depth 8 negative.png

convert disc.png -quality 30 -strip "$target/jpeg-baseline.jpg"
convert disc.png -quality 30 -strip -colorspace CMYK "$target/jpeg-cmyk.jpg"
convert disc.png -quality 30 -strip -interlace JPEG "$target/jpeg-progressive.jpg"
djpeg -outfile disc.ppm "$target/jpeg-baseline.jpg"
cjpeg -arithmetic -quality 30 -outfile "$target/jpeg-arithmetic.jpg" disc.ppm
cjpeg -restart 4 -quality 30 -outfile "$target/jpeg-restart-markers.jpg" disc.ppm
convert "$target/jpeg-baseline.jpg" -resize '160x120!' -quality 30 -strip thumbnail.jpg
cp "$target/jpeg-baseline.jpg" "$target/jpeg-exif-rotated.jpg"
# 6: to be turned by 90 degrees before it is shown.
exiftool -q -overwrite_original -n -Orientation=6 '-ThumbnailImage<=thumbnail.jpg' \
	"$target/jpeg-exif-rotated.jpg"

convert disc.png -strip -interlace PNG -depth 8 -colors 8 "$target/png-interlaced.png"
convert disc.png -strip -define png:bit-depth=16 -define png:color-type=2 "$target/png-16-bit.png"
convert disc.png -strip -alpha set -channel A -evaluate set 50% +channel -depth 8 \
	"$target/png-alpha.png"
cp "$target/png-16-bit.png" "$target/png-named.jpg"
convert disc.png -colors 4 -strip PNG8:frame1.png
convert negative.png -colors 4 -strip PNG8:frame2.png
ffmpeg -v error -y -framerate 2 -start_number 1 -i frame%d.png -pix_fmt rgb24 -f apng -plays 0 \
	"$target/png-animated.png"

cwebp -quiet -q 20 disc.png -o "$target/webp-lossy.webp"
cwebp -quiet -lossless disc.png -o "$target/webp-lossless.webp"
cwebp -quiet -q 20 "$target/png-alpha.png" -o "$target/webp-alpha.webp"
img2webp -loop 0 -lossy -q 20 -d 500 frame1.png frame2.png -o "$target/webp-animated.webp"

convert frame1.png frame2.png -loop 0 -delay 50 "$target/gif-animated.gif"
convert disc.png -quality 60 "$target/jpeg-2000.jp2"
convert disc.png -quality 30 "$target/avif.avif"
convert disc.png -quality 30 "$target/heic.heic"
convert disc.png -colors 2 -compress RLE -strip "$target/tiff.tiff"
ffmpeg -v error -y -loop 1 -i disc.png -t 0.2 -pix_fmt yuv420p -fflags +bitexact \
	-movflags +faststart "$target/video.mp4"
ffmpeg -v error -y -loop 1 -i disc.png -t 0.2 -pix_fmt yuv420p -fflags +bitexact -f mov \
	"$target/video.mov"
