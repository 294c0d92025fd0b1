/** The image can't be built here as it is asked for; the message says what to do. */
export class ImageUnavailable extends Error {
  override name = "ImageUnavailable";
}
